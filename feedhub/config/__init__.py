"""feeds.yaml: from its text to a Config, or to every Problem with its place."""

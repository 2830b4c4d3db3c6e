"""The way out: what stands in which feed, and the documents that say so."""

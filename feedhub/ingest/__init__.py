"""The way in: from the world's feeds and the authors' files to decided changes."""

"""What rules know of a text: its words as hashes, the languages they are of, near-duplicates."""

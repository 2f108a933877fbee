"""The API's nouns, one file each, named as in the client."""

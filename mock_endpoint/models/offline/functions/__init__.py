"""How the offline model calls functions: which ones a message asks for, with which arguments, and what they gave."""

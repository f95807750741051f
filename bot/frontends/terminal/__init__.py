"""The terminal as a chat: `drawbridge try`."""

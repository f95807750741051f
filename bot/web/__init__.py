"""The built-in web server."""

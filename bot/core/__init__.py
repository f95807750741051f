"""The use cases: hear a command, accept a request, fulfil a job."""

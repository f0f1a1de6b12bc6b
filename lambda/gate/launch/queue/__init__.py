"""The launch queue: it forms when more people open notebooks than AWS allows."""

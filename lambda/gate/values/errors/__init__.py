"""The errors that the gate reports, as a small tree of classes.

Each class has a fixed status, a reason code for logs and JSON clients, and fixed words that say what to do next.
Nothing is interpolated into the words, so that no token, cookie, code or URL can get into a response.
The modules are tables, one class a row, so the formatter is off in them.
"""

"""`crmpulse dashboard`: what people look at, made of the output topics alone.

A feed reads the topics into a read model (pure: no I/O, no clock), and a web server answers from it: an API,
server-sent events, and the pages. Who may see what is decided in `access`, and asked in one place of the server.
"""

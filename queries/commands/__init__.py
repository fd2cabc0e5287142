"""The subcommands of ``exapt``, one file each: a click command named ``command``; a file's first line is its line in the help.

A leading underscore marks a part of a command's group that is too long for the command's own file.
"""

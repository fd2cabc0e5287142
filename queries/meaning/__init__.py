"""What words mean for what is to be done: from a question in anyone's words to the functions that it speaks of.

For each of 22,000 words the file ``words.bin`` holds how strongly it speaks for each of the 94 functions, and the words that are
used alike. A question's words are added up, so that asking needs no vectors, no numpy, and a few reads of one file. How the
numbers were learned is told in ``CARD.md``; the words that people use for each function are in ``lay_words.tsv``.
"""

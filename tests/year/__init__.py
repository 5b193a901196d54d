"""A year of a whole company, replayed, and every alert beside what a scan of all states at each hour finds.

The scan shares nothing with the engine. `reading` puts the events of the log in order; `states` and `cases` keep what
is known of each customer, opportunity, invoice, ticket, lead and task from change to change, in plain columns;
`conditions` says of each rule when it holds, as SQL over such a state and an hour; and `scan` asks that of every state
at every hour.
"""

"""The appraisal: every KPI of every employee and period, recounted in SQL from the lines of a log.

`log` has a company of all roles simulated, with `oddities` that the simulation leaves out, and its lines arrive twice,
late and in disorder. A replay of them writes kpis.csv. The files of `sql`, in the order of their names, work the same
figures out of the lines alone: this is the document to read who wants to know what a KPI is made of. `recount` runs
them by what `law` takes from the policy, and `comparing` holds both beside each other, exactly.
"""

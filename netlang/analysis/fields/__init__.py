"""Which input places an output place reads: intervals, the walk through a net, figures."""

"""What an expression is: nodes, shapes, operations, constructors, comparison, facts and rewriting."""

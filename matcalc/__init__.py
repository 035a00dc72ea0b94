"""matcalc: closed-form matrix derivatives."""

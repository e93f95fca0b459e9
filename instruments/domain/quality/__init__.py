"""What is wrong with a series of bars, or odd about it: rules that know numbers and hours, and no instrument's name."""

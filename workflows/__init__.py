"""What happens: one function per thing a person or a job does. Functions flush; their caller commits."""

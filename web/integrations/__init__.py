"""How managers let other systems act for their organization, and have them told what happens."""

"""Stand-ins for the providers: strict, nasty, over real HTTP. They serve `cantomeet dev` and the tests."""

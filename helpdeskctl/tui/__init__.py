"""The agents' screen: threads fetch, messages tell, handlers change what is shown."""

"""What a channel says when it does not take a letter over: nothing but that."""


class ChannelDown(Exception):
    """The letter was not taken over; it may be tried again."""


class AddressGone(ChannelDown):
    """The far end says for good that there is no such address."""

"""The denies on the launch role that cut off notebooks which are open."""

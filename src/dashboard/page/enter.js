// Leaves the address with the token. What follows `#`, the admin token, goes on.
location.replace("/" + location.hash);

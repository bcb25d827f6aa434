// Tells Stile the person's time zone, so that times are written in it. Until then they are in UTC and say so.
document.cookie = `stile_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; Path=/; SameSite=Lax; Max-Age=31536000`;

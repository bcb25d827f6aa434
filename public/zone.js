// Tells Stile the person's time zone, so that times are written in it. Until then they are in UTC and say so.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === 'https:' ? '; Secure' : '';
document.cookie = `stile_zone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000${secure}`;

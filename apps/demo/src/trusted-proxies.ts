/**
 * Whose `X-Forwarded-For` the demo believes: that of a reverse proxy on this machine. So the page's bursts can come from
 * addresses of their own.
 */
export const TRUSTED_PROXIES = 'loopback'

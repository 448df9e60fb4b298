/** What a visitor can try, ready to be pasted into a shell. */
export function curlLines(origin: string): string {
  const upload = `curl -si ${origin}/api/upload | grep -iE '^(HTTP|Retry-After)'`
  const login = `curl -si -X POST ${origin}/api/auth/login | grep '^HTTP'`
  return [
    '# Nobody known: 100 per minute for the address',
    `curl -i ${origin}/api/data`,
    '',
    '# A plan: free 60, premium 300, enterprise 1000 per minute, admin unlimited',
    `curl -i -H 'x-api-key: free-key' ${origin}/api/data`,
    '',
    '# The token bucket: 10 per minute, 3 at once; the fourth is told to wait 6 s',
    `for i in 1 2 3 4; do ${upload}; done`,
    '',
    '# The sliding window: 5 logins in any 5 minutes from one address',
    `for i in 1 2 3 4 5 6; do ${login}; done`,
    '',
    '# The fixed window: 100 searches per hour',
    `curl -i '${origin}/api/search?q=limits'`,
  ].join('\n')
}

const DEFAULT_PORT = 3000
const LAST_PORT = 65_535

/** The port that `PORT` asks for; 0 lets the system choose. */
export function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  if (/^\d+$/.test(text) && Number(text) <= LAST_PORT) return Number(text)
  throw new RangeError(`Expected PORT to be a number from 0 to ${LAST_PORT}, got \`${text}\``)
}

const HOSTS = ['127.0.0.1', '0.0.0.0', '::']

/** The host that `HOST` asks for: one that this machine can reach at 127.0.0.1, from where the demo sends its bursts. */
export function hostFrom(text: string | undefined): string {
  if (text === undefined || text === '') return HOSTS[0]!
  if (HOSTS.includes(text)) return text
  throw new RangeError(`Expected HOST to be one of ${HOSTS.join(', ')}, got \`${text}\``)
}

const DEFAULT_PORT = 3000
const LAST_PORT = 65_535

/** The port that `PORT` asks for; 0 lets the system choose. */
export function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  if (/^\d+$/.test(text) && Number(text) <= LAST_PORT) return Number(text)
  throw new RangeError(`Expected PORT to be a number from 0 to ${LAST_PORT}, got \`${text}\``)
}

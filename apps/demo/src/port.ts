const DEFAULT_PORT = 3000
const LAST_PORT = 65_535

/** The port that `PORT` asks for, if it is one; 0 lets the system choose. */
export function portFrom(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return DEFAULT_PORT
  return /^\d+$/.test(text) && Number(text) <= LAST_PORT ? Number(text) : undefined
}

import type { LogEntry, Logger, LogLevel } from './logger.ts'

/** A logger that remembers what it was told. */
export function listeningLogger() {
  const heard: [LogLevel, LogEntry][] = []
  const hearing = (level: LogLevel) => (entry: LogEntry) => void heard.push([level, entry])
  const logger: Logger = {
    debug: hearing('debug'),
    info: hearing('info'),
    warn: hearing('warn'),
    error: hearing('error'),
  }
  return { heard, logger }
}

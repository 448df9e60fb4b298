import { storageKey } from '@rl/core'

const LONG = 'x'.repeat(1_000)

const KEYS = {
  'properties that every object has': ['__proto__', 'constructor', 'prototype', 'toString', '[object Object]'],
  nothing: ['', ' ', 'undefined', 'null', 'NaN', 'false'],
  'equal numbers': ['0', '-0', '00', '1', '01', '1.0', '1e0', '0x1'],
  'patterns and hash tags': ['*', '?', '[a-z]', '%', '_', '{x}', '{x}y', '{x', 'x}', '{}', '{y}x', '{}{x}'],
  'quotes, paths, separators': ['\\', '\\*', "'", '"', "';--", '../x', '/x', '%2Fx', 'x:y', 'x|y', ':x', 'x:'],
  'ends that are trimmed': ['x', 'x ', ' x', 'x\n', 'x\r\n', 'x\t', '\n', 'x\u{FEFF}', 'x\u{200B}', '\u{2028}'],
  'ends for who counts to NUL': ['\0', 'x\0', 'x\0y'],
  'letters that are normalised': ['X', 'é', 'e\u{301}', 'ß', 'ss', 'SS', 'İ', 'i', 'I', 'ı', 'K', '\u{212A}', '１'],
  'emoji, and halves of them': ['👩‍👧', '👩', '😀', '\u{D800}', '\u{D801}', '\u{DC00}', '\u{DC00}\u{D800}'],
  'what UTF-8 makes of the halves': ['\u{FFFD}', '\u{FFFD}\u{FFFD}'],
  'lengths at which keys are cut': [64, 65, 128, 200, 201, 255, 256].map((length) => 'x'.repeat(length)),
  'long ones that differ at the end': [LONG, `${LONG}x`, `${LONG}y`, `${LONG}\0`, `${LONG}\u{D800}`],
  'long ones that differ before it': [`${LONG}x${LONG}`, `${LONG}y${LONG}`, `y${LONG}`],
  'hashes that stand for long ones': [storageKey(LONG), storageKey(LONG).toUpperCase(), `sha256:${'0'.repeat(64)}`],
}

/** Keys that some backend somewhere takes for each other, for a pattern, for a command, or for nothing. */
export const hostileKeys: readonly string[] = Object.values(KEYS).flat()

// Type-checks every example in the documentation and in TSDoc as a user's own file would be: against the built packages.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const OUT = 'docs/.examples'
/** Examples of other rate limiters are a program of their own: they say something else of the same `request.rateLimit`. */
const THEIRS = /from '(?:express-rate-limit|@fastify\/rate-limit|hono-rate-limiter|rate-limiter-flexible)'/
/** Not `docs/api`: its examples are those of TSDoc. */
const MARKDOWN = ['{.,apps/*,examples,examples/*,packages/*}/README.md', 'CONTRIBUTING.md', 'docs/*.md']
const SOURCES = 'packages/*/src/**/*.ts'

/** A fence of code, with the hidden comment before it that declares names the reader knows from the text around. */
const FENCE = new RegExp(
  [
    /(?:<!-- given:(?<given>(?:(?!-->)[^])*)(?=-->))?/,
    /(?<between>(?:-->)?\s*^ *```(?<info>(?:[mc]?[tj]s|[tj]sx|typescript|javascript)\b.*)\n)/,
    /(?<code>[^]*?)^ *```/,
  ]
    .map(({ source }) => source)
    .join(''),
  'gm',
)

const problems: string[] = []
let count = 0

rmSync(OUT, { recursive: true, force: true })
for (const path of globSync(MARKDOWN, { exclude: ['**/node_modules'] })) extract(path, readFileSync(path, 'utf8'))
for (const path of globSync(SOURCES)) {
  const comments = onlyComments(readFileSync(path, 'utf8'))
  extract(path, comments)
  for (const { index } of comments.matchAll(/@example(?!\s+```ts\n)/g)) {
    problems.push(`${path}:${lines(comments.slice(0, index)) + 1} Expected a \`\`\`ts fence right after @example`)
  }
}

for (const project of ['docs', 'docs/tsconfig.theirs.json']) {
  const tsc = spawnSync('node_modules/.bin/tsc', ['-p', project, '--pretty', 'false'], { encoding: 'utf8' })
  if (tsc.error) throw tsc.error
  if (tsc.status !== 0) {
    problems.push(tsc.stdout.replaceAll(/^docs\/\.examples\/(.*)\.\d+(?:\.theirs)?\.ts\((\d+),(\d+)\)/gm, '$1:$2:$3'))
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${count} examples type-check`)

/** Writes each example to a file of its own, on the lines that it has in the original: so tsc's lines are the reader's. */
function extract(path: string, text: string): void {
  for (const { index, groups } of text.matchAll(FENCE)) {
    const { given = '', between = '', info = '', code = '' } = groups ?? {}
    const above = blank(text.slice(0, index)) + given + blank(between)
    const line = lines(above)
    if (info !== 'ts') problems.push(`${path}:${line} Expected \`\`\`ts, which is type-checked, got \`\`\`${info}`)
    const file = `${OUT}/${path}.${line}${THEIRS.test(code) ? '.theirs' : ''}.ts`
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, above + code)
    count += 1
  }
}

/** Blanks what is no comment, and the stars, so that every character stays on its line and in its column. */
function onlyComments(source: string): string {
  return source.replaceAll(/^.*$/gm, (line) => (/^\s*\/?\*/.test(line) ? line.replace('*', ' ') : ''))
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, '')
}

function lines(text: string): number {
  return text.split('\n').length - 1
}

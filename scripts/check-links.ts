// Follows every relative link in the documentation: to a file that is there, and to a heading that it has.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const DOCUMENTS = ['*.md', '{apps,examples,packages}/*/README.md', 'examples/README.md', 'docs/{.,api}/*.md']
const FENCE = /^```[^]*?^```/gm
const LINK = /\]\((?!https?:|mailto:)(?<target>[^)#\s]*)(?:#(?<heading>[^)\s]+))?\)/g

const problems: string[] = []
let count = 0
for (const document of globSync(DOCUMENTS, { exclude: ['**/node_modules'] })) {
  const text = readFileSync(document, 'utf8').replaceAll(FENCE, '')
  for (const { groups } of text.matchAll(LINK)) {
    const { target = '', heading } = groups ?? {}
    const path = target === '' ? document : normalize(join(dirname(document), target))
    count += 1
    if (!existsSync(path)) problems.push(`${document}: ${target} is not there`)
    else if (heading !== undefined && !headingsOf(path).has(heading)) {
      problems.push(`${document}: ${target} has no heading #${heading}`)
    }
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${count} links lead somewhere`)

/** As the places where Markdown is read name them: small letters, hyphens for spaces, a number where a name comes again. */
function headingsOf(path: string): ReadonlySet<string> {
  const file = statSync(path).isDirectory() ? join(path, 'README.md') : path
  const text = readFileSync(file, 'utf8').replaceAll(FENCE, '')
  const names = new Set([...text.matchAll(/<a id="([^"]*)">/g)].map(([, id = '']) => id))
  const times = new Map<string, number>()
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const time = times.get(name) ?? 0
    times.set(name, time + 1)
    names.add(time === 0 ? name : `${name}-${time}`)
  }
  return names
}

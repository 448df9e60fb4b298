import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { adapterCases, storeCases } from '@rl/conformance'
import { Application, Comment, ReferenceType, ReflectionKind } from 'typedoc'
import type { CommentTag, DeclarationReflection, Reflection, SignatureReflection, SomeType, UnionType } from 'typedoc'
import { MarkdownTheme, MarkdownThemeContext, ModuleRouter } from 'typedoc-plugin-markdown'
import type { MarkdownPageEvent, PluginOptions } from 'typedoc-plugin-markdown'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What the folders of sources are about, in the order in which a reader wants them. */
const TOPICS: Readonly<Record<string, string>> = {
  limiter: 'The limiter',
  limits: 'Limits',
  algorithms: 'Algorithms',
  http: 'HTTP',
  client: 'Addresses',
  dos: 'The guard against attacks',
  stores: 'Stores',
  '': 'Others',
  adapter: 'Adapters',
}
const CASES: Readonly<Record<string, object>> = { StoreCaseName: storeCases, AdapterCaseName: adapterCases }
const topics = Object.values(TOPICS)

const entryPoints = globSync('packages/*/src/{index,app}.ts', { cwd: ROOT, exclude: ['packages/test-servers'] })

const options = {
  entryPoints: [...entryPoints],
  tsconfig: join(ROOT, 'docs/tsconfig.api.json'),
  plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
  router: 'package',
  theme: 'reference',
  name: 'API reference',
  readme: 'none',
  entryFileName: 'README',
  basePath: ROOT,
  disableGit: true,
  sourceLinkTemplate: '{path}',
  githubPages: false,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hideGroupHeadings: true,
  groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases', 'Constructors', 'Properties', '*'],
  sort: ['alphabetical'],
  preservedTypeAnnotationTags: ['@throws'],
  useCodeBlocks: true,
  useHTMLAnchors: true,
  expandParameters: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: { hideSources: true, hideModifiers: true, hideOverrides: true, hideInherited: true },
  logLevel: 'Warn',
} satisfies Parameters<typeof Application.bootstrapWithPlugins>[0] & Partial<PluginOptions>

/** Writes a page for each public package, and their index, into a folder. */
export async function writeApiReference(out: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({ ...options, out })
  app.renderer.defineRouter('package', PackageRouter)
  app.renderer.defineTheme('reference', ReferenceTheme)
  const project = await app.convert()
  if (!project) throw new Error('Expected sources that compile')
  for (const reflection of Object.values(project.reflections)) edit(reflection)
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasWarnings() || app.logger.hasErrors()) throw new Error('Expected no warnings; see above')
}

/** What reads better than as TypeDoc has it. */
function edit(reflection: Reflection): void {
  if (reflection.kindOf(ReflectionKind.Module)) {
    reflection.name = reflection.name.replace(/^packages\/([\w-]+)\/src(\/app)?.*$/, '@rl/$1$2')
  }
  if (reflection.kindOf(ReflectionKind.Property) && reflection.isDeclaration()) delete reflection.defaultValue
  if (reflection.name === '__namedParameters') reflection.name = 'options'
  if (reflection.isDeclaration() || reflection.isSignature()) {
    delete reflection.implementationOf
    delete reflection.inheritedFrom
    delete reflection.overwrites
  }
  const throws = reflection.comment?.getTags('@throws') ?? []
  if (reflection.comment && throws.length > 0) {
    reflection.comment.removeTags('@throws')
    reflection.comment.blockTags.push(oneTag(throws))
  }
}

/** All that is thrown, as one list, with links to the page on errors. */
function oneTag(throws: readonly CommentTag[]): CommentTag {
  const lines = throws.map(({ typeAnnotation = '', content }) => {
    const text = Comment.combineDisplayParts(content)
      .replaceAll('\n', ' ')
      .replaceAll(/`(RL_\w+)`/g, (code, name: string) => `[${code}](../errors.md#${name.toLowerCase()})`)
    return `- \`${typeAnnotation.slice(1, -1)}\` ${text}`
  })
  const tag = throws[0]!.clone()
  tag.content = [{ kind: 'text', text: lines.join('\n') }]
  return tag
}

class PackageRouter extends ModuleRouter {
  override getIdealBaseName(reflection: Reflection): string {
    return reflection.kindOf(ReflectionKind.Module)
      ? reflection.name.replace('@rl/', '').replace('/', '-')
      : super.getIdealBaseName(reflection)
  }
}

class ReferenceTheme extends MarkdownTheme {
  override getRenderContext(page: MarkdownPageEvent<Reflection>): MarkdownThemeContext {
    return new ReferenceContext(this, page, this.application.options)
  }
}

class ReferenceContext extends MarkdownThemeContext {
  constructor(...args: ConstructorParameters<typeof MarkdownThemeContext>) {
    super(...args)
    const { body, signatureReturns, unionType } = this.partials
    this.partials = {
      ...this.partials,
      body: (model, place) => {
        if (model.kindOf(ReflectionKind.Project)) return this.#tableOfPackages(model.children ?? [])
        if (!model.kindOf(ReflectionKind.Module)) return body(model, place)
        return [
          about(model),
          ...this.#tablesOfExports((model.children ?? []).filter((one) => !one.isReference())),
          '***',
          body(model, place),
        ].join('\n\n')
      },
      signatureReturns: (model, place) => (saysMore(model) ? signatureReturns(model, place) : ''),
      unionType: (model) => this.#nameOf(model) ?? unionType(model),
      sources: (model) => (isExport(model) ? sourceOf(model) : ''),
    }
  }

  #tableOfPackages(packages: readonly DeclarationReflection[]): string {
    const rows = packages.map((one) => `| [\`${one.name}\`](${this.urlTo(one)}) | ${manifestOf(one).description} |`)
    return ['| package | |', '| --- | --- |', ...rows].join('\n')
  }

  /** By the folders of the sources, where there are several. */
  #tablesOfExports(exports: readonly DeclarationReflection[]): string[] {
    const sections = topics
      .map((topic) => ({ topic, members: exports.filter((one) => topicOf(one) === topic) }))
      .filter(({ members }) => members.length > 0)
    return sections.map(({ topic, members }) => {
      const rows = members.map((one) => `| [\`${one.name}\`](${this.urlTo(one)}) | ${this.#firstSentence(one)} |`)
      return [`| ${sections.length > 1 ? topic : 'export'} | |`, '| --- | --- |', ...rows].join('\n')
    })
  }

  /** The names of all cases go by theirs, which TypeScript itself has forgotten. */
  #nameOf({ types }: UnionType): string | undefined {
    const isOneOf = (cases: object) => (type: SomeType) => type.type === 'literal' && String(type.value) in cases
    const name = Object.keys(CASES).find((name) => types.every(isOneOf(CASES[name]!)))
    const alias = name === undefined ? undefined : this.page.project.getChildByName(['@rl/conformance', name])
    return alias && this.partials.someType(ReferenceType.createResolvedReference(alias.name, alias, this.page.project))
  }

  #firstSentence(one: DeclarationReflection): string {
    const { summary = [] } = one.comment ?? one.signatures?.[0]?.comment ?? {}
    if (summary.length === 0) throw new Error(`Expected TSDoc for ${one.getFullName()}`)
    const text = this.helpers.getCommentParts(summary).replaceAll('\n', ' ')
    return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
  }
}

function about(model: Reflection): string {
  const { description } = manifestOf(model)
  return `${description}. See also [its README](../../packages/${folderOf(model)}/README.md).`
}

/** Whether the signature leaves something to say of what is returned. */
function saysMore({ comment, kind, type }: SignatureReflection): boolean {
  if (comment?.getTag('@returns')) return true
  return kind === ReflectionKind.CallSignature && !/^(?:Promise<|MaybePromise<)?void>?$/.test(String(type))
}

function isExport({ parent }: Reflection): boolean {
  const owner = parent?.kindOf(ReflectionKind.Function) ? parent.parent : parent
  return owner?.kindOf(ReflectionKind.Module) ?? false
}

function sourceOf(model: DeclarationReflection | SignatureReflection): string {
  const path = pathOf(model)
  return `Source: [${path.slice(path.indexOf('src/') + 'src/'.length)}](../../${path})`
}

function topicOf(one: DeclarationReflection): string {
  const folder = /src\/(?:(\w+)\/)?/.exec(pathOf(one))?.[1] ?? ''
  const topic = TOPICS[folder]
  if (topic === undefined) throw new Error(`Expected a topic for the folder ${folder}`)
  return topic
}

/** From the root of the repository. */
function pathOf(model: DeclarationReflection | SignatureReflection): string {
  return model.sources?.[0]?.fileName ?? ''
}

function folderOf(model: Reflection): string {
  return model.name.split('/')[1]!
}

function manifestOf(model: Reflection): { readonly description: string } {
  const text = readFileSync(join(ROOT, 'packages', folderOf(model), 'package.json'), 'utf8')
  return JSON.parse(text) as { description: string }
}

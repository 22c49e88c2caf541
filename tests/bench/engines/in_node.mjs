// rdf-validate-shacl on Node: `node in_node.mjs SHAPES KNOWLEDGE REGISTER REPORT`. What is timed is as in in_python.py.
import { createReadStream, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(join(process.cwd(), 'package.json'))
const load = async (name) => import(pathToFileURL(require.resolve(name)))
const rdf = (await load('@zazuko/env-node')).default
const { StreamParser, Writer } = (await load('n3')).default
const Validator = (await load('rdf-validate-shacl')).default

const [shapes, knowledge, register, report] = process.argv.slice(2)
const read = (file, dataset) => new Promise((resolve, reject) => {
  createReadStream(file).pipe(new StreamParser({ factory: rdf })).on('data', (quad) => dataset.add(quad)).on('end', () => resolve(dataset)).on('error', reject)
})

const started = performance.now()
const validator = new Validator(await read(shapes, rdf.dataset()), { factory: rdf })
const data = await read(knowledge, rdf.dataset())
const ready = performance.now()
const used = process.cpuUsage()
await read(register, data)
const found = await validator.validate(data)
const text = new Writer({ format: 'N-Triples' }).quadsToString([...found.dataset])
const ended = performance.now()
const { user, system } = process.cpuUsage(used)
writeFileSync(report, text)
console.log(JSON.stringify({ ready: (ready - started) / 1e3, clock: (ended - ready) / 1e3, processor: (user + system) / 1e6, memory_mb: process.resourceUsage().maxRSS / 1024 }))

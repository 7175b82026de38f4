import { execFileSync } from 'node:child_process';
import { z } from 'zod';
import { Lockfile, root } from './lockfile.ts';

const document = z.looseObject({
  components: z.array(z.looseObject({ 'bom-ref': z.string() })),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

// `npm sbom --omit=dev` also leaves out packages that a development dependency uses too, such as pg and zod.
const output = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const complete = document.parse(JSON.parse(output));
const references = new Set(new Lockfile().production().map(({ name, version = '' }) => `${name}@${version}`));
const [product] = complete.dependencies;
const production = {
  ...complete,
  components: complete.components.filter((component) => references.has(component['bom-ref'])),
  dependencies: complete.dependencies
    .filter(({ ref }) => ref === product?.ref || references.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => references.has(name)) })),
};
console.log(JSON.stringify(production, null, 2));

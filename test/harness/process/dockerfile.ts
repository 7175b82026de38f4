/** One line of a Dockerfile, continuation lines joined. */
interface Instruction {
  readonly keyword: string;
  /** What follows the keyword, flags apart. */
  readonly value: string;
  /** `--from=build` as `from: 'build'`. */
  readonly flags: Readonly<Record<string, string>>;
}

/** A stage: the instructions after one FROM. */
export interface Stage {
  readonly image: string;
  /** Its name for COPY --from; empty when it has none. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile's stages in order. It knows neither heredocs nor escape directives. */
export function stagesOf(dockerfile: string): Stage[] {
  const stages: { image: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(dockerfile)) {
    if (instruction.keyword !== 'FROM') stages.at(-1)?.instructions.push(instruction);
    else {
      const [image = '', , name = ''] = instruction.value.split(/\s+/);
      stages.push({ image, name, instructions: [] });
    }
  }
  return stages;
}

/** The values of a stage's instructions of one kind. */
export function valuesOf(stage: Stage | undefined, keyword: string): string[] {
  return (stage?.instructions ?? []).filter((each) => each.keyword === keyword).map(({ value }) => value);
}

/** The words of an instruction in JSON form, `["node", "main.js"]`, after its flags. */
export function execForm(value = ''): string[] {
  const words: unknown = JSON.parse(value.slice(value.indexOf('[')));
  return (words as unknown[]).map(String);
}

function instructionsOf(dockerfile: string): Instruction[] {
  const text = dockerfile.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, keyword = '', flags = '', value = ''] = /^(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
    const named = [...flags.matchAll(/--([\w-]+)=(\S+)/g)].map(
      ([, name = '', flagValue = '']) => [name, flagValue] as const,
    );
    return { keyword: keyword.toUpperCase(), value: value.trim(), flags: Object.fromEntries(named) };
  });
}

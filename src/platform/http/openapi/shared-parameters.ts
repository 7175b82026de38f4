import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type Parameters = NonNullable<Components['parameters']>;

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface Operation {
  parameters?: (Parameter | { $ref: string })[];
}

/**
 * Moves parameters that several operations share to the components and references them. Path parameters stay, and
 * parameters of the same name with different definitions.
 */
export function shareParameters(document: OpenAPIObject): Parameters {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item) as Operation[]);
  const inline = operations.flatMap(({ parameters = [] }) => parameters).filter(isShareable);
  const shared = [...Map.groupBy(inline, componentName)].filter(([, [first, ...others]]) => {
    return others.length > 0 && others.every((other) => JSON.stringify(other) === JSON.stringify(first));
  });
  const names = new Set(shared.map(([name]) => name));
  for (const operation of operations) {
    if (operation.parameters === undefined) continue;
    operation.parameters = operation.parameters.map((parameter) => {
      const name = isShareable(parameter) ? componentName(parameter) : '';
      return names.has(name) ? { $ref: `#/components/parameters/${name}` } : parameter;
    });
  }
  return Object.fromEntries(shared.map(([name, [parameter]]) => [name, parameter])) as Parameters;
}

function isShareable(parameter: Parameter | { $ref: string }): parameter is Parameter {
  return 'in' in parameter && parameter.in !== 'path';
}

/** `IfMatch` for `If-Match`, `PerPage` for `perPage`. */
function componentName({ name }: Parameter): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()).replaceAll('-', '');
}

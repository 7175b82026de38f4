import type { Span } from '@opentelemetry/api';
import { failSpan, startChildSpan } from '../telemetry/tracing.ts';

/**
 * Sends a statement within a span. Takes the arguments of pg's `query`, and returns its result.
 * @param send sends the statement with these arguments
 */
export function traceStatement(args: readonly unknown[], send: (args: readonly unknown[]) => never): never {
  const span = startStatementSpan(args[0]);
  if (span === undefined) return send(args);
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    const end = (error: unknown, ...results: readonly unknown[]): void => {
      endSpan(span, error);
      (callback as (...all: readonly unknown[]) => void)(error, ...results);
    };
    return send([...args.slice(0, -1), end]);
  }
  const result: unknown = send(args);
  // A stream or a cursor, which has no such end.
  if (!(result instanceof Promise)) {
    span.end();
    return result as never;
  }
  result.then(
    () => {
      endSpan(span, undefined);
    },
    (error: unknown) => {
      endSpan(span, error);
    },
  );
  return result as never;
}

/** By OpenTelemetry's conventions for database clients. Statements have no literals of users, who are in their values. */
function startStatementSpan(statement: unknown): Span | undefined {
  const { name, text } =
    typeof statement === 'string' ? { name: undefined, text: statement } : (statement as Statement);
  if (text === undefined) return undefined;
  return startChildSpan(name !== undefined && /^[a-z][a-z -]+$/.test(name) ? name : operationOf(text), {
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operationOf(text),
      'db.query.text': text.trim(),
    },
  });
}

interface Statement {
  readonly name?: string;
  readonly text?: string;
}

function operationOf(text: string): string {
  return /[a-z]+/i.exec(text)?.[0].toUpperCase() ?? '';
}

function endSpan(span: Span, error: unknown): void {
  if (error !== undefined && error !== null)
    failSpan(span, error instanceof Error && 'code' in error ? String(error.code) : 'Error');
  span.end();
}

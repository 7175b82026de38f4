import { applyDecorators } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';

/**
 * Documents the ids in a path: `@IdParam('the user')` the parameter `id`, `@IdParam({ userId: 'the user', noteId: 'the
 * note' })` several parameters.
 */
export function IdParam(resources: string | Readonly<Record<string, string>>): MethodDecorator {
  const byName = typeof resources === 'string' ? { id: resources } : resources;
  return applyDecorators(...Object.entries(byName).map(([name, resource]) => documentId(name, resource)));
}

function documentId(name: string, resource: string): MethodDecorator {
  return ApiParam({
    name,
    description: `Identifies ${resource} (UUID).`,
    schema: {
      type: 'string',
      format: 'uuid',
      minLength: 36,
      maxLength: 36,
      example: '01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
  });
}

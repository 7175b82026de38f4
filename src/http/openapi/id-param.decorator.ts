import { ApiParam } from '@nestjs/swagger';

/** Documents the `id` of a path: the user, the job. */
export const IdParam = (what: string): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: `Identifies ${what} (UUID).`,
    schema: {
      type: 'string',
      format: 'uuid',
      minLength: 36,
      maxLength: 36,
      example: '01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
  });

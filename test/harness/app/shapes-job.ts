import { Injectable, Module } from '@nestjs/common';
import type { JobHandler as Handler } from '../../../src/platform/queue/job-handler.ts';
import { JobHandler } from '../../../src/platform/queue/job-handler.ts';
import { EnumArrayField } from '../../../src/platform/validation/enum-fields.ts';
import { BooleanField, DateField, DateTimeField, IntegerField } from '../../../src/platform/validation/fields.ts';
import { StringField } from '../../../src/platform/validation/fields.ts';
import { ObjectArrayField, StringArrayField } from '../../../src/platform/validation/list-fields.ts';
import { AnyObjectField, ObjectField } from '../../../src/platform/validation/object-fields.ts';

class Address {
  @StringField({ max: 80, description: 'The city.' })
  readonly city!: string;

  @IntegerField({ min: 0, max: 100, optional: true, description: 'The floor.' })
  readonly floor?: number;
}

class Item {
  @StringField({ min: 2, max: 20, description: 'What it is called.' })
  readonly product!: string;

  @IntegerField({ min: 1, max: 9, description: 'How many.' })
  readonly amount!: number;
}

class ShapesPayload {
  @EnumArrayField(['red', 'green', 'blue'], { name: 'Colour', max: 3, description: 'Some colours.' })
  readonly colours!: readonly string[];

  @StringArrayField({ items: { max: 20 }, max: 5, optional: true, description: 'Some tags.' })
  readonly tags?: readonly string[];

  @ObjectField(Address, { description: 'Where.' })
  readonly address!: Address;

  @ObjectArrayField(Item, { max: 5, description: 'What.' })
  readonly items!: readonly Item[];

  @DateField({ description: 'Which day.' })
  readonly day!: string;

  @DateTimeField({ optional: true, description: 'When.' })
  readonly time?: string;

  @BooleanField({ description: 'Whether it is urgent.' })
  readonly urgent!: boolean;

  @IntegerField({ min: 1, max: 5, default: 3, description: 'How often.' })
  readonly times!: number;
}

class ShapesResult {
  @AnyObjectField({ description: 'The payload.' })
  readonly payload!: object;
}

/** A job whose payload has every kind of member. */
@Injectable()
@JobHandler({
  type: 'test.shapes',
  description: 'Returns its payload.',
  payload: ShapesPayload,
  result: ShapesResult,
  permission: 'any',
})
class ShapesJob implements Handler<ShapesPayload, ShapesResult> {
  async run(payload: ShapesPayload): Promise<ShapesResult> {
    return await Promise.resolve({ payload });
  }
}

@Module({ providers: [ShapesJob] })
export class ShapesJobModule {}

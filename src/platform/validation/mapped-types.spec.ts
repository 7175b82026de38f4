import { describe, expect, it } from '@jest/globals';
import { OmitType, PartialType, PickType } from '@nestjs/swagger';
import { BooleanField, IntegerField, StringField } from './fields.ts';
import { validateInput } from './validate-input.ts';

class Toy {
  @StringField({ min: 1, max: 8, description: 'Name.' })
  readonly name!: string;

  @IntegerField({ min: 0, max: 9, default: 3, description: 'Size.' })
  readonly size!: number;

  @BooleanField({ optional: true, description: 'Whether it is broken.' })
  readonly broken?: boolean;
}

class ToyChange extends PartialType(Toy, { skipNullProperties: false }) {}
class NamedToy extends PickType(Toy, ['name']) {}
class UnnamedToy extends OmitType(Toy, ['name']) {}

describe('A mapped type of NestJS', () => {
  it('has the rules of the fields', async () => {
    const invalid = { name: '', size: '1', broken: 'true', more: 1 };
    const paths = async (type: typeof ToyChange | typeof NamedToy | typeof UnnamedToy): Promise<unknown> =>
      [...new Set((await validateInput(type, invalid)).errors.map(({ path }) => path.join('/')))].sort();

    expect(await paths(ToyChange)).toEqual(['broken', 'more', 'name', 'size']);
    expect(await paths(NamedToy)).toEqual(['broken', 'more', 'name', 'size']);
    expect(await paths(UnnamedToy)).toEqual(['broken', 'more', 'name', 'size']);
  });

  it('parses the text of a query', async () => {
    expect((await validateInput(UnnamedToy, { size: '4', broken: 'false' }, 'text')).value).toEqual({
      size: 4,
      broken: false,
    });
  });

  it('leaves absent members of a PartialType absent, and rejects null with skipNullProperties: false', async () => {
    expect((await validateInput(ToyChange, {})).value).toEqual({});
    expect((await validateInput(ToyChange, { name: null })).errors).toMatchObject([{ code: 'is_string' }, {}]);
  });
});

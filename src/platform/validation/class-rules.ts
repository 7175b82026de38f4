import type { Type } from '@nestjs/common';
import type { MetadataStorage } from 'class-validator';
import { getMetadataStorage } from 'class-validator';

/** The rules that decorators of class-validator declare for the members of a class and of its base classes. */
export function rulesOf(type: Type<object>): ReturnType<MetadataStorage['getTargetValidationMetadatas']> {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
}

/** Computes a value once for each class. The decorators of a class have run before its first use. */
export function oncePerClass<Value extends object>(compute: (type: Type<object>) => Value): typeof compute {
  const values = new WeakMap<Type<object>, Value>();
  return (type) => {
    const known = values.get(type);
    if (known !== undefined) return known;
    const value = compute(type);
    values.set(type, value);
    return value;
  };
}

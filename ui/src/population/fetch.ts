import { get } from '../api/client';
import {
  populationParams,
  populationShape,
  type Population,
  type PopulationQuestion,
} from './answer';

export function fetchPopulation(
  question: PopulationQuestion,
  signal: AbortSignal,
): Promise<Population> {
  const path = `/api/clew/v1/population?${populationParams(question)}`;
  return get(path, populationShape, signal);
}

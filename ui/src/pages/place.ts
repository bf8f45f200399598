// Where in the fleet the operator came from, so that the way back leads to the same view.

let place = "#/";

export function noteFleetPlace(hash: string): void {
  place = hash === "" ? "#/" : hash;
}

export function fleetPlace(): string {
  return place;
}

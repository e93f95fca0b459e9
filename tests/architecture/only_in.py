"""A contract of our own: some external libraries may be imported in named places only, inside a function too.

Import Linter's `protected` contract cannot name a library that nobody imports yet.
"""

from importlinter import Contract, ContractCheck, fields, output


class OnlyIn(Contract):
    """`libraries` may be imported by modules under a package named in `places` (its dotted end), and nowhere else."""

    type_name = "only_in"

    libraries = fields.ListField(subfield=fields.StringField())
    places = fields.ListField(subfield=fields.StringField())

    def check(self, graph, verbose):
        wrong = []
        for library in self.libraries:
            if library not in graph.modules:
                continue
            for importer in sorted(graph.find_modules_that_directly_import(library)):
                if not self._is_allowed(importer):
                    lines = graph.get_import_details(importer=importer, imported=library)
                    wrong.append((importer, library, lines[0]["line_number"]))
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def _is_allowed(self, importer):
        inside = f".{importer.partition('.')[2]}."
        return any(f".{place}." in inside for place in self.places)

    def render_broken_contract(self, check):
        for importer, library, line in check.metadata["wrong"]:
            output.print_error(f"{importer} imports {library} (l.{line}); only {', '.join(self.places)} may.")

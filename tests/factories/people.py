import factory

from accounts.models import Person

PASSWORD = "correct horse battery"


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    name = factory.Faker("name")
    password = factory.django.Password(PASSWORD)

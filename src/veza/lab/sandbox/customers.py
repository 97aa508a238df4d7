"""Customers, as far as checkout needs them: who pays, and the cards kept for them."""

from __future__ import annotations

from veza.lab.sandbox.changes import change
from veza.lab.sandbox.errors import ApiError, no_such, no_such_reference
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.payment_methods import address_of, get_method, method_named
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

TEXTS = ("description", "email", "name", "phone")


def create_customer(world: World, params: Params) -> Obj:
    method = method_named(world, params)
    customer = _blank(world)
    if method is not None:
        _check_free(method, customer)
    customer.update(_wanted(world, params, customer, method))
    world.customers.add(customer)
    if method is not None:
        _attach(world, method, customer["id"])
    emit(world, "customer.created", customer)
    return customer


def new_customer(world: World, *, email: str | None = None, name: str | None = None) -> Obj:
    """A new customer; its event is up to the caller."""
    return world.customers.add({**_blank(world), "email": email, "name": name})


def _blank(world: World) -> Obj:
    return {
        "id": world.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.seconds,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def get_customer(world: World, id: str) -> Obj:
    """The customer, or what is left to say of a deleted one."""
    customer = world.customers.get(id) or world.deleted_customers.get(id)
    if customer is None:
        raise no_such("customer", id)
    return customer


def customer_named(world: World, params: Params) -> Obj | None:
    """The customer a request names, None when it names none."""
    id = params.text("customer")
    if id is None:
        return None
    customer = world.customers.get(id)
    if customer is None:
        raise no_such_reference("customer", id, param="customer")
    return customer


def update_customer(world: World, params: Params, id: str) -> Obj:
    customer = world.customers.get(id)
    if customer is None:
        raise no_such("customer", id)
    previous = change(customer, **_wanted(world, params, customer))
    world.customers.touch(id)
    emit(world, "customer.updated", customer, previous=previous)
    return customer


def delete_customer(world: World, id: str) -> Obj:
    """Forget a customer; its cards belong to no customer any more."""
    customer = world.customers.get(id)
    if customer is None:
        raise no_such("customer", id)
    for method in world.payment_methods.rows.values():
        if method["customer"] == id:
            method["customer"] = None
            world.payment_methods.touch(method["id"])
    world.customers.remove(id)
    emit(world, "customer.deleted", customer)
    return world.deleted_customers.add({"id": id, "object": "customer", "deleted": True})


def method_of(world: World, customer: str, id: str) -> Obj:
    get_customer(world, customer)
    method = world.payment_methods.get(id)
    if method is None or method["customer"] != customer:
        raise no_such("PaymentMethod", id, param="payment_method")
    return method


def attach_method(world: World, params: Params, id: str) -> Obj:
    params.required_text("customer")
    customer = customer_named(world, params)
    assert customer is not None
    method = get_method(world, id)
    _check_free(method, customer)
    _attach(world, method, customer["id"])
    return method


def _check_free(method: Obj, customer: Obj) -> None:
    if method["customer"] is not None:
        raise ApiError(
            400,
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_already_attached" if method["customer"] == customer["id"] else None,
        )


def detach_method(world: World, id: str) -> Obj:
    method = get_method(world, id)
    if method["customer"] is None:
        raise ApiError(
            400,
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    previous = change(method, customer=None)
    world.payment_methods.touch(method["id"])
    emit(world, "payment_method.detached", method, previous=previous)
    return method


def keep_method(world: World, customer: str, method: Obj) -> None:
    """Attach a payment method that has paid, unless it belongs to a customer already."""
    if method["customer"] is None:
        _attach(world, method, customer)


def _attach(world: World, method: Obj, customer: str) -> None:
    method["customer"] = customer
    world.payment_methods.touch(method["id"])
    emit(world, "payment_method.attached", method)


def _wanted(world: World, params: Params, customer: Obj, attached: Obj | None = None) -> Obj:
    """The values a request gives a customer's fields; `attached` is the payment method that comes with it."""
    wanted: Obj = {name: params.text(name) for name in TEXTS if name in params.values}
    wanted["metadata"] = params.metadata(customer["metadata"])
    if "preferred_locales" in params.values:
        wanted["preferred_locales"] = params.texts("preferred_locales")
    if "address" in params.values:
        address = params.part("address")
        wanted["address"] = address and address_of(address, customer["address"])
    if "shipping" in params.values:
        shipping = params.part("shipping")
        wanted["shipping"] = shipping and shipping_of(shipping)
    settings = params.part("invoice_settings")
    if settings is not None and "default_payment_method" in settings.values:
        default = settings.text("default_payment_method")
        if attached is not None and default == params.text("payment_method"):
            # A test name stands for a new payment method each time: here it is the one that is attached.
            default = attached["id"]
        elif default is not None:
            found = world.payment_methods.get(default)
            if found is None or found["customer"] != customer["id"]:
                raise no_such_reference("PaymentMethod", default, param=settings.path("default_payment_method"))
        wanted["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": default}
    return wanted


def shipping_of(params: Params) -> Obj:
    """Where and to whom something is sent."""
    address = params.part("address")
    shown: Obj = {name: params.text(name) for name in ("carrier", "name", "phone", "tracking_number")}
    return {"address": address_of(address) if address is not None else None, **shown}

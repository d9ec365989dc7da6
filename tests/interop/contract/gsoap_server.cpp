// The contract served by gSOAP, over what wsdl2h and soapcpp2 make of contract.wsdl: `gsoap_server PORT`.

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "Contract.nsmap"
#include "soapH.h"

static std::mutex guard;
static std::vector<std::string> received;

int __ns1__echoScalars(soap *, _ns1__echoScalars *request, _ns1__echoScalarsResponse &response) {
    response.value = request->value;
    return SOAP_OK;
}

int __ns1__echoArrays(soap *, _ns1__echoArrays *request, _ns1__echoArraysResponse &response) {
    response.value = request->value;
    return SOAP_OK;
}

int __ns1__echoShape(soap *, _ns1__echoShape *request, _ns1__echoShapeResponse &response) {
    response.value = request->value;
    return SOAP_OK;
}

int __ns1__echoPayment(soap *, _ns1__echoPayment *request, _ns1__echoPaymentResponse &response) {
    response.value = request->value;
    return SOAP_OK;
}

// The reply has a header of its own.
int __ns1__whoAmI(soap *soap, _ns1__whoAmI *, _ns1__whoAmIResponse &response) {
    _ns1__session *session = soap->header ? soap->header->ns1__session : nullptr;
    if (!session) return soap_sender_fault(soap, "no session header arrived", nullptr);
    response.token = session->token;
    response.step = session->step;
    soap->header->ns1__session = nullptr;
    soap->header->ns1__trace = soap_new__ns1__trace(soap);
    soap->header->ns1__trace->id = "after " + session->token;
    return SOAP_OK;
}

// The detail of the fault that is set already, in the place that the version of SOAP has for it.
static SOAP_ENV__Detail *detail_of(soap *soap) {
    SOAP_ENV__Detail *detail = soap_new_SOAP_ENV__Detail(soap);
    (soap->version == 2 ? soap->fault->SOAP_ENV__Detail : soap->fault->detail) = detail;
    return detail;
}

int __ns1__divide(soap *soap, _ns1__divide *request, _ns1__divideResponse &response) {
    if (request->divisor == 0) {
        soap_sender_fault(soap, "division by zero", nullptr);
        _ns1__divisionByZero *fault = soap_new__ns1__divisionByZero(soap);
        fault->dividend = request->dividend;
        fault->hint = soap_new_std__string(soap);
        *fault->hint = "take another divisor";
        detail_of(soap)->ns1__divisionByZero = fault;
        return SOAP_FAULT;
    }
    if (request->dividend > 1000) {
        soap_sender_fault(soap, "out of range", nullptr);
        int *limit = soap_new_int(soap);
        *limit = 1000;
        detail_of(soap)->ns1__outOfRange = limit;
        return SOAP_FAULT;
    }
    if (request->dividend < 0) return soap_receiver_fault(soap, "not declared", nullptr);
    response.quotient = request->dividend / request->divisor;
    return SOAP_OK;
}

int __ns1__notify(soap *soap, _ns1__notify *request) {
    {
        std::lock_guard<std::mutex> lock(guard);
        received.push_back(request->text);
    }
    return soap_send_empty_response(soap, 202);
}

int __ns1__notices(soap *, _ns1__notices *, _ns1__noticesResponse &response) {
    std::lock_guard<std::mutex> lock(guard);
    response.text = received;
    return SOAP_OK;
}

static void serve(soap *connection) {
    soap_serve(connection);
    soap_destroy(connection);
    soap_end(connection);
    soap_free(connection);
}

int main(int, char **arguments) {
    soap *listener = soap_new1(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING);
    listener->bind_flags = SO_REUSEADDR;
    listener->recv_timeout = 20;
    if (!soap_valid_socket(soap_bind(listener, "127.0.0.1", atoi(arguments[1]), 100))) {
        soap_print_fault(listener, stderr);
        return 1;
    }
    while (soap_valid_socket(soap_accept(listener))) std::thread(serve, soap_copy(listener)).detach();
    soap_print_fault(listener, stderr);
    return 1;
}
